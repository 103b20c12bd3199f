import atexit

from idp.app import begin_serving
from idp.app import create_app

application = create_app()
atexit.register(begin_serving(application))
