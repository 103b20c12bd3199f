from idp.app import begin_serving
from idp.app import create_app

application = create_app()
begin_serving(application)
